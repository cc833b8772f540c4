/* The network card: alone, and with a second machine that runs this kernel, too
 * (docs/os161.md).  Frames may be lost, so each machine says again and again
 * what it has seen, until both have seen all. */
#include "sys161.h"

enum {
    RECEIVE_IRQ = 0,
    TRANSMIT_IRQ = 4,
    CONTROL = 8,
    STATUS = 12,
    PROMISCUOUS = 1,
    SEND = 2,
    RECEIVE_BUFFER = 0x8000,
    SEND_BUFFER = 0x9000,

    MAGIC = 0xa4b3,
    HEADER_WORDS = 2,
    FRAME_MAX = 4096,
    ALL = 0xffff,
    NOBODY = 0x1234, /* an address that no machine has */

    SEEN_SHORT = 1,  /* a frame to all, */
    SEEN_LONG = 2,   /* the longest one to this machine, */
    SEEN_OTHERS = 4, /* and one to nobody, in promiscuous mode */
    SEEN_ALL = 7,

    TICK_US = 5000,
    LAST_TICKS = 40, /* for the other one, which may not have heard yet */
};

static int nic = -1;
static u32 address, peer, seen, peer_seen;

static int has_carrier(void)
{
    return !(*reg(nic, STATUS) >> 31);
}

/* Header, what this machine has seen, and a pattern. */
static void put_frame(u32 to, u32 size)
{
    *reg(nic, SEND_BUFFER + 4) = size << 16 | to;
    *reg(nic, SEND_BUFFER + 8) = seen;
    for (u32 at = 12; at < size; at += 4)
        *reg(nic, SEND_BUFFER + at) = at * address;
}

static void start_frame(u32 to, u32 size)
{
    put_frame(to, size);
    *reg(nic, CONTROL) = *reg(nic, CONTROL) | SEND;
}

static void take_frame(void)
{
    u32 first = *reg(nic, RECEIVE_BUFFER);
    u32 second = *reg(nic, RECEIVE_BUFFER + 4);
    u32 to = second & 0xffff, size = second >> 16;
    int open = *reg(nic, CONTROL) & PROMISCUOUS;
    check(first >> 16 == MAGIC, "a frame begins with ", first);
    peer = first & 0xffff;
    check(peer != address, "a frame of its own: ", peer);
    check(open || to == address || to == ALL, "a frame for ", to);
    peer_seen = *reg(nic, RECEIVE_BUFFER + 8);
    for (u32 at = 12; at < size; at += 4)
        check(*reg(nic, RECEIVE_BUFFER + at) == at * peer, "the frame has at ",
              at);
    seen |= to == NOBODY       ? SEEN_OTHERS
            : size < FRAME_MAX ? SEEN_SHORT
                               : SEEN_LONG;
    *reg(nic, RECEIVE_IRQ) = 0;
}

static void talk(void)
{
    int last = LAST_TICKS;
    print("network: waiting for another machine\n");
    while (!has_carrier())
        ;
    start_ticks(TICK_US);
    for (u32 kind = 0; last > 0;) {
        wait();
        if (*reg(nic, RECEIVE_IRQ))
            take_frame();
        /* The frame to nobody must not be seen before the others are. */
        if ((seen | SEEN_OTHERS) == SEEN_ALL)
            *reg(nic, CONTROL) = PROMISCUOUS;
        *reg(nic, TRANSMIT_IRQ) = 0;
        if (!take_tick() || *reg(nic, CONTROL) & SEND)
            continue;
        last -= seen == SEEN_ALL && peer_seen == SEEN_ALL;
        start_frame(kind == 0   ? ALL
                    : kind == 1 ? peer
                                : NOBODY,
                    kind == 1 ? FRAME_MAX : 32);
        kind = peer ? (kind + 1) % 3 : 0;
    }
    start_ticks(0);
    print("network: heard ");
    print_hex(peer);
    print("\n");
}

void hush_network(void)
{
    nic = find_card(CARD_NET, 0);
    if (nic >= 0)
        BOARD_IRQE &= ~(1u << nic);
}

/* A card alone: a frame leaves in time, if only into the air. */
void test_network(int together)
{
    if (nic < 0)
        return;
    BOARD_IRQE |= 1u << nic;
    address = *reg(nic, STATUS) & 0xffff;
    start_frame(ALL, 16);
    check(*reg(nic, CONTROL) == SEND, "while it sends: ", *reg(nic, CONTROL));
    while (!*reg(nic, TRANSMIT_IRQ))
        wait();
    check(*reg(nic, CONTROL) == 0, "after it: ", *reg(nic, CONTROL));
    check(*reg(nic, SEND_BUFFER) == ((u32)MAGIC << 16 | address),
          "the card writes ", *reg(nic, SEND_BUFFER));
    *reg(nic, TRANSMIT_IRQ) = 0;
    check(!(BOARD_IRQS >> nic & 1) || *reg(nic, RECEIVE_IRQ),
          "the interrupt stays: ", BOARD_IRQS);
    print("network: address ");
    print_hex(address);
    print(has_carrier() ? "\n" : ", no carrier\n");
    if (together)
        talk();
    hush_network();
}

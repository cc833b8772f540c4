/*
 * hello: the smallest program that says whether userland works: it takes
 * its argument count through the FPU and prints with stdio.
 */
#include <stdio.h>

int main(int argc, char **argv)
{
    (void)argv;
    printf("hello from MIPS I: %d %f\n", argc, argc / 3.0);
    return 0;
}

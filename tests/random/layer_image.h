/* Random programs for a whole machine, the `bare` board: an image that sets
 * itself up and never ends by itself.
 *
 * Its code is random, in kernel or user mode: words that follow each other in
 * any way (translate_program.h), or a structured program with loops and calls
 * (generate.h) that runs again and again.  Around it are handlers of exceptions
 * and interrupts that keep it going: they return, skip the instruction, or go
 * on elsewhere; refill the TLB; and now and then drop an entry of it, change
 * the ASID, or exchange the page of the code for another one.  The timer
 * interrupts at odd times.  All that is done by guest code, so that the run is
 * a function of the image. */
#ifndef SELKIRK_TESTS_RANDOM_LAYER_IMAGE_H
#define SELKIRK_TESTS_RANDOM_LAYER_IMAGE_H

#include "frontend/elf.h"
#include "tests/random/rng.h"

typedef struct LayerImage {
    ElfImage *elf;
    bool timeless; /* asked for: no timer, so that time changes nothing */
    bool structured;
    bool user;
} LayerImage;

/* Draws an image, by `timeless`; elf_free() releases image->elf. */
void layer_image_make(LayerImage *image, Rng *rng, bool big);

#endif

/* A stream behind a byte that says where it is cut: the same frames at once, in two, by bytes. */
#include "frame_drive.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct buf out;

    if (size < 1)
        return 0;
    MUST(
        frame_steps_same((struct span){ data + 1, size - 1 }, 100, frame_step_relp, data[0], &out));
    buf_release(&out);
    (void)relp_open_good((struct span){ data, size }, NULL);
    return 0;
}

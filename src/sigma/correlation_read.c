#include "sigma/read.h"
int read_correlation(struct reader *r, const struct yaml_node *root, struct sigma_head *h,
                     struct sigma_correlation **out, struct err *e)
{
    (void)root;
    (void)h;
    (void)out;
    return err_set(e, ERR_UNSUPPORTED, r->line, "Correlations are not read yet.");
}
int correlations_resolve(struct sigma_rules *rs, struct err *e)
{
    (void)rs;
    (void)e;
    return ERR_OK;
}

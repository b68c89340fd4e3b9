#include "sigma/read.h"
void check_head(struct reader *r, const struct yaml_node *root, const struct sigma_head *h)
{
    (void)r;
    (void)root;
    (void)h;
}
void check_rule(struct reader *r, const struct sigma_rule *rule)
{
    (void)r;
    (void)rule;
}
void check_filter(struct reader *r, const struct sigma_filter *f)
{
    (void)r;
    (void)f;
}
void check_correlation(struct reader *r, const struct sigma_correlation *c)
{
    (void)r;
    (void)c;
}

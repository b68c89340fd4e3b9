/*
 * chance.c - see chance.h. One table of texts with their uses, open addressing over XXH3; a text
 * that finds no place within a few steps, or a collision, only spoils a guess.
 */
#include "sigma/chance.h"

#include <stdlib.h>
#include <xxhash.h>

#include "base/ascii.h"

#define USES_SLOTS     (1u << 17)
#define USES_STEPS     64u
#define CHANCE_PRESENT 0.95 /* a field that a rule asks for is nearly always there */
#define CHANCE_COMMON  0.5
#define CHANCE_MAX     0.9
#define CHANCE_NORMAL  0.01 /* more for every use under a NOT */
#define HASH_DIGITS    32u

/* Folded; a literal that stands within one of these is seen all the time. The line ends keep a
 * literal from matching across two. */
static const char common[] =
    "c:\\windows\\system32\\ntdll.dll+1234|c:\\windows\\system32\\kernelbase.dll+\n"
    "1|c:\\windows\\system32\\kernel32.dll+1|c:\\windows\\system32\\ntdll.dll+\n"
    "c:\\windows\\system32\\svchost.exe -k netsvcs -p -s\n"
    "c:\\windows\\system32\\services.exe\n"
    "c:\\windows\\system32\\lsass.exe\n"
    "c:\\windows\\system32\\cmd.exe /c \n"
    "c:\\windows\\system32\\conhost.exe\n"
    "c:\\windows\\system32\\windowspowershell\\v1.0\\powershell.exe\n"
    "c:\\windows\\syswow64\\\n"
    "c:\\windows\\explorer.exe\n"
    "c:\\windows\\winsxs\\\n"
    "c:\\windows\\temp\\\n"
    "c:\\program files\\\n"
    "c:\\program files (x86)\\microsoft\\\n"
    "c:\\programdata\\microsoft\\windows defender\\platform\\\n"
    "c:\\users\\administrator\\appdata\\local\\temp\\\n"
    "\\appdata\\local\\microsoft\\windows\\\n"
    "\\appdata\\roaming\\microsoft\\windows\\\n"
    "|unknown(\n"
    "hklm\\system\\currentcontrolset\\services\\\n"
    "hklm\\software\\microsoft\\windows\\currentversion\\explorer\\\n"
    "hkcu\\software\\microsoft\\windows\\currentversion\\explorer\\\n"
    "hklm\\software\\microsoft\\windows nt\\currentversion\\\n"
    "hklm\\software\\classes\\clsid\\{\n"
    "microsoft corporation\nmicrosoft windows\n"
    "microsoft\xC2\xAE windows\xC2\xAE operating system\n"
    "nt authority\\system\nnt authority\\network service\n"
    "workgroup\nadministrator\ninformation\nsuccess\nsecurity\n"
    "binary data\ndword (0x00000000)\ndword (0x00000001)\n"
    "s-1-5-18\n0x0\n0x3e7\n0x1000\n0x1400\n0x1410\ntrue\nfalse\nvalid\n-\n0\n1\n"
    "https://www.microsoft.com\nhttp://\nhttp/1.1\nget /\npost /\n200\n404\n"
    "mozilla/5.0 (windows nt 10.0; win64; x64) applewebkit/537.36 (khtml, like gecko) chrome/\n"
    ".exe\n.dll\n.sys\n.txt\n.log\n.tmp\n.html\n.php?\n.aspx\n.com\n.net\n"
    "/usr/bin/\n/usr/sbin/\n/bin/sh\n/bin/bash\n/var/log/\n/etc/\n/tmp/\nroot\nsudo\nsshd\ncron\n"
    "tcp\nudp\n443\n127.0.0.1\n";

struct use {
    uint64_t key; /* hash of the text; 0 is free */
    uint32_t asked;
    uint32_t refused; /* under a NOT */
    bool part;        /* of a common text */
};

struct chances {
    struct use slot[USES_SLOTS];
};

struct chances *chances_new(void)
{
    return calloc(1, sizeof(struct chances));
}

void chances_free(struct chances **c)
{
    free(*c);
    *c = NULL;
}

/* The slot of the text, or the first free place after it; NULL when there is none near. */
static const struct use *use_of(const struct chances *c, struct span text, uint64_t *key)
{
    *key = XXH3_64bits(text.p, text.n) | 1;
    for (uint32_t i = 0; i < USES_STEPS; i++) {
        const struct use *u = &c->slot[((uint32_t)(*key >> 32) + i) & (USES_SLOTS - 1)];

        if (u->key == *key || u->key == 0)
            return u;
    }
    return NULL;
}

/* Within one of the common texts, or for a whole value: is it one? */
static bool is_common(struct span text, bool whole)
{
    const char *end = common + sizeof(common) - 1, *at = common;

    while (text.n > 0 && (at = memmem(at, (size_t)(end - at), text.p, text.n)) != NULL) {
        bool line = (at == common || at[-1] == '\n') && at[text.n] == '\n';

        if (!whole || line)
            return true;
        at++;
    }
    return false;
}

static void count_text(struct chances *c, struct span text, bool refused)
{
    uint64_t key;
    struct use *u = (struct use *)(uintptr_t)use_of(c, text, &key); /* c's own */

    if (u == NULL)
        return;
    if (u->key == 0)
        u->part = is_common(text, false);
    u->key = key;
    u->asked += !refused;
    u->refused += refused;
}

static void count_test(struct chances *c, const struct sigma_test *t, bool refused)
{
    if (t->token_count == 0)
        count_text(c, t->fold, refused);
    for (uint32_t i = 0; i < t->token_count; i++) {
        if (t->tokens[i].kind == TOKEN_TEXT)
            count_text(c, t->tokens[i].fold, refused);
    }
}

static void count_node(struct chances *c, const struct sigma_rule *r, const struct sigma_node *n,
                       bool refused)
{
    if (n->kind == NODE_SEARCH)
        count_node(c, r, r->searches[n->search].body, refused);
    for (uint32_t i = 0; i < n->child_count; i++)
        count_node(c, r, n->child[i], refused != (n->kind == NODE_NOT));
    for (uint32_t i = 0; n->kind == NODE_ITEM && i < n->item->test_count; i++)
        count_test(c, &n->item->tests[i], refused != n->item->negate);
}

void chances_count(struct chances *c, const struct sigma_rule *rule)
{
    count_node(c, rule, rule->condition, false);
}

/* Ends in a digest: nobody sees it by chance. */
static bool is_digest(struct span s)
{
    if (s.n < HASH_DIGITS)
        return false;
    for (size_t i = s.n - HASH_DIGITS; i < s.n; i++) {
        if (ascii_hex(s.p[i]) < 0)
            return false;
    }
    return true;
}

static double by_kind(const struct atom *a)
{
    static const double part[] = { .9,  .8,   .5,   .2,   .08,  .04,  .025, .016,
                                   .01, .008, .006, .005, .004, .004, .003, .003 };
    static const double whole[] = { .1, .1, .06, .04, .02, .015, .01, .006 };
    double c;

    if (is_digest(a->text))
        return 1e-7;
    if (a->kind == ATOM_EXACT)
        return a->text.n < COUNT_OF(whole) ? whole[a->text.n] : .003;
    if (a->text.n < COUNT_OF(part))
        c = part[a->text.n];
    else
        c = a->text.n < 32 ? .002 : .001;
    return a->anchor != ANCHOR_NONE ? c / 2 : c;
}

/* Grows with the square root: ten times the rules do not make a text three times as common. */
static double root(double x)
{
    double r = x < 1 ? 1 : x;

    for (unsigned i = 0; i < 20; i++)
        r = (r + x / r) / 2;
    return r;
}

bool chance_common(struct span text)
{
    return is_common(text, false);
}

double chance_of(const struct chances *c, const struct atom *a)
{
    const struct use *u;
    uint64_t key;
    double p;
    bool known, everywhere;

    if (a->kind == ATOM_PRESENT)
        return CHANCE_PRESENT;
    p = by_kind(a);
    u = use_of(c, a->text, &key);
    known = u != NULL && u->key != 0;
    if (known && u->asked > 1)
        p *= root(u->asked);
    if (known)
        p += CHANCE_NORMAL * u->refused;
    everywhere = known ? u->part : is_common(a->text, false); /* a regex's literals are not known */
    if (everywhere && (a->kind == ATOM_LITERAL || is_common(a->text, true)))
        p = chance_or(p, CHANCE_COMMON);
    return p < CHANCE_MAX ? p : CHANCE_MAX;
}

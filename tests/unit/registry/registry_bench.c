/*
 * registry_bench.c - see registry_bench.h.
 */
#include "registry_bench.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

static const char *const world[] = {
    "{'act':'agency.add','code':'TINH','name':'UBND tỉnh Mẫu','kind':'province'}",
    "{'act':'agency.add','code':'SKHCN','name':'Sở Khoa học và Công nghệ','kind':'department',"
    "'parent':1,'valid_from':'2025-03-01'}",
    "{'act':'agency.add','code':'STTTT','name':'Sở Thông tin và Truyền thông',"
    "'kind':'department','parent':1}",
    "{'act':'agency.end','agency':3,'valid_to':'2025-03-01','successor':2}",
    "{'act':'agency.add','code':'HUYEN','name':'UBND huyện Cũ','kind':'district','parent':1}",
    "{'act':'agency.add','code':'PHUONG','name':'UBND phường Mới','kind':'ward','parent':1,"
    "'valid_from':'2025-07-01'}",
    "{'act':'agency.add','code':'XA','name':'UBND xã Cũ','kind':'commune','parent':4}",
    "{'act':'agency.add','code':'TT','name':'Trung tâm Công nghệ thông tin','kind':'unit',"
    "'parent':2,'valid_from':'2025-03-01'}",
    "{'act':'system.add','code':'MOTCUA','name':'Một cửa điện tử','owner':1,'operator':7,"
    "'type':'public','information':['personal','public'],'level':3,'decision':'12/QĐ-UBND',"
    "'decided':'2025-05-20','domains':'dichvucong.mau.gov.vn','networks':'10.1.0.0/16',"
    "'since':'2025-03-01'}",
    "{'act':'system.add','code':'LOA','name':'Truyền thanh xã','owner':6,'operator':6,"
    "'type':'other','information':['public'],'level':1}",
    "{'act':'system.add','code':'MAIL','name':'Thư điện tử công vụ','owner':1,'operator':3,"
    "'type':'internal','information':['private'],'since':'2020-01-01'}",
    "{'act':'agency.end','agency':6,'valid_to':'2025-07-01','successor':5}",
    "{'act':'agency.end','agency':4,'valid_to':'2025-07-01'}",
};

void ask_as(struct act_bench *b, unsigned roles, int64_t agency)
{
    b->who.roles = roles | ROLE_SELF; /* with a session, as people are */
    b->who.agency = agency;
}

void world_make(struct act_bench *b)
{
    ask_as(b, ROLE_BIT(OFFICER), 0);
    for (size_t i = 0; i < COUNT_OF(world); i++)
        act_good(b, world[i]);
}

int import_ask(struct act_bench *b, const char *form, struct span file, bool dry)
{
    size_t room = sodium_base64_encoded_len(file.n, sodium_base64_VARIANT_ORIGINAL);
    char *text = malloc(room), *request = malloc(room + 200);
    int rc;

    assert_non_null(text);
    assert_non_null(request);
    (void)sodium_bin2base64(text, room, file.p, file.n, sodium_base64_VARIANT_ORIGINAL);
    (void)snprintf(request, room + 200, "{'act':'registry.import','form':'%s','file':'%s'%s}", form,
                   text, dry ? ",'dry':true" : "");
    rc = act_ask(b, request);
    free(text);
    free(request);
    return rc;
}

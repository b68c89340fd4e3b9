/*
 * observable.h - what an attack can be told by: types of STIX 2.1, each with what a value must be.
 *
 * An account, a page or a post of a social network is none, whatever its type: the house does not
 * watch what people say.
 */
#ifndef OBSERVABLE_H
#define OBSERVABLE_H

#include "base/base.h"

/*    id           name           Vietnamese              its values */
#define OBSERVABLE_TABLE(X)                                                                        \
    X(IPV4, "ipv4-addr", "địa chỉ IPv4", is_ipv4)                                                  \
    X(IPV6, "ipv6-addr", "địa chỉ IPv6", is_ipv6)                                                  \
    X(DOMAIN, "domain-name", "tên miền", is_domain)                                                \
    X(URL, "url", "đường dẫn", is_url)                                                             \
    X(MAIL, "email-addr", "địa chỉ thư điện tử", is_mail)                                          \
    X(MAC, "mac-addr", "địa chỉ MAC", is_mac)                                                      \
    X(MD5, "file-md5", "tệp (MD5)", is_md5)                                                        \
    X(SHA1, "file-sha1", "tệp (SHA-1)", is_sha1)                                                   \
    X(SHA256, "file-sha256", "tệp (SHA-256)", is_sha256)                                           \
    X(FILE_NAME, "file-name", "tên tệp", is_text)                                                  \
    X(PROCESS, "process", "dòng lệnh", is_text)                                                    \
    X(REGISTRY, "windows-registry-key", "khóa registry", is_text)                                  \
    X(MUTEX, "mutex", "mutex", is_text)                                                            \
    X(USER_AGENT, "user-agent", "User-Agent", is_text)

extern const char *const observable_types[]; /* names; NULL behind the last */

/* Is this a value of the type? */
bool observable_fits(struct span type, struct span value);

/* Is it, of a URL or a domain, at a social network? */
bool observable_is_social(struct span type, struct span value);

#endif

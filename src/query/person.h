/*
 * person.h - does a query look for the records of one person?
 *
 * It does when a field that says who somebody is (PERSON_FIELD_TABLE: the taxonomy's names for
 * users, and what sources call them) shall have a value, and is not under a not. A name is met
 * without ASCII case, and as the last part of a dotted one (Event.EventData.TargetUserName). That
 * there is a value (user:*) is no person, and neither are the accounts of PERSON_SYSTEM_TABLE and
 * of machines (SRV-01$). A word anywhere may be a person's name, too: nobody can tell.
 *
 * Pure.
 */
#ifndef QUERY_PERSON_H
#define QUERY_PERSON_H

#include "query/query.h"

#define PERSON_FIELD_TABLE(X)                                                                      \
    X("user")                                                                                      \
    X("user_name")                                                                                 \
    X("username")                                                                                  \
    X("user.name")                                                                                 \
    X("user.full_name")                                                                            \
    X("user.email")                                                                                \
    X("user.id")                                                                                   \
    X("related.user")                                                                              \
    X("target_user")                                                                               \
    X("TargetUser")                                                                                \
    X("TargetUserName")                                                                            \
    X("TargetUserSid")                                                                             \
    X("SubjectUserName")                                                                           \
    X("SubjectUserSid")                                                                            \
    X("SourceUser")                                                                                \
    X("SamAccountName")                                                                            \
    X("AccountName")                                                                               \
    X("SourceUserName")                                                                            \
    X("DetectionUser")                                                                             \
    X("SYSCALL.UID")                                                                               \
    X("SYSCALL.AUID")                                                                              \
    X("cs-username")                                                                               \
    X("remote_user")                                                                               \
    X("login_user")                                                                                \
    X("sudo_user")                                                                                 \
    X("src_user_name")                                                                             \
    X("srcuser")                                                                                   \
    X("unauthuser")                                                                                \
    X("administrator")                                                                             \
    X("suser")                                                                                     \
    X("duser")                                                                                     \
    X("usr")                                                                                       \
    X("usrName")                                                                                   \
    X("acct")                                                                                      \
    X("account")                                                                                   \
    X("principalEmail")                                                                            \
    X("userPrincipalName")                                                                         \
    X("UserId")                                                                                    \
    X("userIdentity.userName")                                                                     \
    X("userIdentity.arn")                                                                          \
    X("userIdentity.principalId")

/* Folded. */
#define PERSON_SYSTEM_TABLE(X)                                                                     \
    X("root")                                                                                      \
    X("system")                                                                                    \
    X("nt authority\\system")                                                                      \
    X("local service")                                                                             \
    X("network service")                                                                           \
    X("nobody")                                                                                    \
    X("www-data")                                                                                  \
    X("-")

/* Is this a field that says who somebody is? */
bool person_field(struct span name);

/* An account of a system or a machine, in any case; of globs (query/glob.h) only one without
 * wildcards is. */
bool person_system(struct span name);

/* *field: the name of the first such term, as it was typed. */
bool query_person(const struct query *q, struct span *field);

#endif

/*
 * about.h - the fields that say what an event is about: who, where from, which file and session.
 *
 * Findings carry them under these names, whatever the source calls them (scan/finding.h, "normal"),
 * and src/group makes entities of them. Names of Sigma's taxonomy, of its Windows sources, and of
 * docs/taxonomy-names.md.
 */
#ifndef ABOUT_H
#define ABOUT_H

enum about_kind {
    ABOUT_HOST,    /* a machine that is named beside the event's own */
    ABOUT_USER,    /* `with`: the field with its domain */
    ABOUT_WITH,    /* asked for by another row */
    ABOUT_ADDRESS, /* IPv4 or IPv6 */
    ABOUT_DOMAIN,  /* a name that was asked for */
    ABOUT_SESSION, /* GUID of a logon */
    ABOUT_LOGON,   /* number of a logon on its host */
    ABOUT_PROCESS, /* GUID of a process */
    ABOUT_FILE,    /* path of what ran or was loaded */
    ABOUT_WRITTEN, /* path of what was only written */
    ABOUT_HASHES,  /* SHA1=...,SHA256=... */
    ABOUT_HASH,
    ABOUT_RESULT /* asked for by ABOUT_TRY_TABLE */
};

/*    name                       kind           with */
#define ABOUT_TABLE(X)                                                                             \
    X("DestinationHostname", ABOUT_HOST, NULL)                                                     \
    X("SourceHostname", ABOUT_HOST, NULL)                                                          \
    X("WorkstationName", ABOUT_HOST, NULL)                                                         \
    X("Workstation", ABOUT_HOST, NULL)                                                             \
    X("TargetServerName", ABOUT_HOST, NULL)                                                        \
    X("User", ABOUT_USER, NULL)                                                                    \
    X("SubjectUserName", ABOUT_USER, "SubjectDomainName")                                          \
    X("SubjectDomainName", ABOUT_WITH, NULL)                                                       \
    X("TargetUserName", ABOUT_USER, "TargetDomainName")                                            \
    X("TargetDomainName", ABOUT_WITH, NULL)                                                        \
    X("TargetOutboundUserName", ABOUT_USER, "TargetOutboundDomainName")                            \
    X("TargetOutboundDomainName", ABOUT_WITH, NULL)                                                \
    X("user", ABOUT_USER, NULL)                                                                    \
    X("target_user", ABOUT_USER, NULL)                                                             \
    X("SourceUser", ABOUT_USER, NULL)                                                              \
    X("TargetUser", ABOUT_USER, NULL)                                                              \
    X("cs-username", ABOUT_USER, NULL)                                                             \
    X("AccountName", ABOUT_USER, "Domain")                                                         \
    X("Domain", ABOUT_WITH, NULL)                                                                  \
    X("SourceIp", ABOUT_ADDRESS, NULL)                                                             \
    X("DestinationIp", ABOUT_ADDRESS, NULL)                                                        \
    X("IpAddress", ABOUT_ADDRESS, NULL)                                                            \
    X("src_ip", ABOUT_ADDRESS, NULL)                                                               \
    X("dst_ip", ABOUT_ADDRESS, NULL)                                                               \
    X("c-ip", ABOUT_ADDRESS, NULL)                                                                 \
    X("ClientAddress", ABOUT_ADDRESS, NULL)                                                        \
    X("SourceAddress", ABOUT_ADDRESS, NULL)                                                        \
    X("DestAddress", ABOUT_ADDRESS, NULL)                                                          \
    X("client_ip", ABOUT_ADDRESS, NULL)                                                            \
    X("LogonGuid", ABOUT_SESSION, NULL)                                                            \
    X("TargetLogonGuid", ABOUT_SESSION, NULL)                                                      \
    X("LogonId", ABOUT_LOGON, NULL)                                                                \
    X("SubjectLogonId", ABOUT_LOGON, NULL)                                                         \
    X("TargetLogonId", ABOUT_LOGON, NULL)                                                          \
    X("ProcessGuid", ABOUT_PROCESS, NULL)                                                          \
    X("ParentProcessGuid", ABOUT_PROCESS, NULL)                                                    \
    X("SourceProcessGUID", ABOUT_PROCESS, NULL)                                                    \
    X("SourceProcessGuid", ABOUT_PROCESS, NULL)                                                    \
    X("TargetProcessGUID", ABOUT_PROCESS, NULL)                                                    \
    X("TargetProcessGuid", ABOUT_PROCESS, NULL)                                                    \
    X("QueryName", ABOUT_DOMAIN, NULL)                                                             \
    X("query", ABOUT_DOMAIN, NULL)                                                                 \
    X("cs-host", ABOUT_DOMAIN, NULL)                                                               \
    X("r-dns", ABOUT_DOMAIN, NULL)                                                                 \
    X("ImageLoaded", ABOUT_FILE, NULL)                                                             \
    X("Image", ABOUT_FILE, NULL)                                                                   \
    X("Filename", ABOUT_FILE, NULL)                                                                \
    X("TargetFilename", ABOUT_WRITTEN, NULL)                                                       \
    X("Hashes", ABOUT_HASHES, NULL)                                                                \
    X("sha256", ABOUT_HASH, NULL)                                                                  \
    X("event.outcome", ABOUT_RESULT, NULL)

/*
 * Events in which a name was only tried: who it names did not come in. Of the rows whose field has
 * the value, and whose `unless` (where the row has one) has another than its value, the first that
 * names somebody. event.outcome: docs/taxonomy-names.md. Windows: Microsoft, "Advanced security
 * auditing": 4625 a logon that failed; 4771 pre-authentication that failed; 4768 a ticket asked
 * for, and 4776 a password checked, which the Status tells; 4777 the same on a domain controller,
 * failed; 4740 an account that was locked out.
 *
 *    field            value      unless    its value     who was tried
 */
#define ABOUT_TRY_TABLE(X)                                                                         \
    X("event.outcome", "failure", NULL, NULL, "target_user")                                       \
    X("event.outcome", "failure", NULL, NULL, "user")                                              \
    X("event.outcome", "failure", NULL, NULL, "TargetUserName")                                    \
    X("EventID", "4625", NULL, NULL, "TargetUserName")                                             \
    X("EventID", "4740", NULL, NULL, "TargetUserName")                                             \
    X("EventID", "4768", "Status", "0x0", "TargetUserName")                                        \
    X("EventID", "4771", NULL, NULL, "TargetUserName")                                             \
    X("EventID", "4776", "Status", "0x0", "TargetUserName")                                        \
    X("EventID", "4777", NULL, NULL, "TargetUserName")

#endif

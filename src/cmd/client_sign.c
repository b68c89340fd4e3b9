/*
 * client_sign.c - see client.h. Who may read DATA/keys is on the host itself: the desk believes
 * nobody else at the local socket.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "cmd/client.h"
#include "os/host.h"
#include "people/people.h"

int client_sign(const char *data, struct span request, struct buf *fields, struct err *e)
{
    char path[CLIENT_PATH_BYTES + 8], credential[PEOPLE_LOCAL_MAX], name[PEOPLE_NAME_MAX];
    int keys, rc;

    (void)snprintf(path, sizeof(path), "%s/keys", data);
    keys = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (keys < 0)
        return err_set(e, ERR_IO, 0, "%.150s cannot be opened: %s.", path, strerror(errno));
    rc = people_local_sign(keys, host_account(name, sizeof(name)), request, host_now_ns(),
                           credential, e);
    (void)close(keys); /* a folder */
    if (rc == ERR_OK)
        buf_fmt(fields, "X-Canh-Local: %s\r\n", credential);
    return rc;
}

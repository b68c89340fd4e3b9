/*
 * totp.h - codes of an authenticator: RFC 6238 with SHA-1, 30 seconds, 6 digits, which is what all
 * applications can do; over HOTP, RFC 4226.
 */
#ifndef TOTP_H
#define TOTP_H

#include "base/buf.h"

#define TOTP_SECRET_BYTES 20u /* of SHA-1, RFC 4226 section 4, R6 */
#define TOTP_STEP_S       30
#define TOTP_DIGITS       6

uint32_t totp_code(const uint8_t secret[TOTP_SECRET_BYTES], uint64_t step);

/*
 * Is `code` (six digits, blanks around and between do not matter) that of now, or of one step
 * before or behind? *step is which; a step at or before `last` is none: it was used. Takes the same
 * time for every code.
 */
bool totp_find(const uint8_t secret[TOTP_SECRET_BYTES], struct span code, int64_t now_ns,
               int64_t last, int64_t *step);

/* RFC 4648 base 32 without padding, as applications take it. */
void totp_put_secret(const uint8_t secret[TOTP_SECRET_BYTES], struct buf *out);
/* otpauth://totp/Canh:NAME?secret=...&issuer=Canh&algorithm=SHA1&digits=6&period=30 */
void totp_put_uri(const uint8_t secret[TOTP_SECRET_BYTES], struct span name, struct buf *out);

#endif

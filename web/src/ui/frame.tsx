// What stands around each page: where one can go, whether the watch is whole, who sits here.
import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import { number, setLang, t, useLang } from "../lib/i18n";
import { useKeys } from "../lib/keys";
import { desk, flow, link } from "../lib/live";
import { follow, go, usePlace } from "../lib/router";
import { logout, me, onlyContact } from "../lib/session";
import { useStore } from "../lib/store";
import { density, theme, Theme, themes } from "../lib/theme";
import { zone, Zone } from "../lib/time";
import { allowed, Page, pages } from "../pages";
import { Switch } from "./bits";
import { openHelp, openPalette } from "./palette";
import { Text } from "./text";
import { undo } from "./toast";

export const isAt = (page: Page, path: string): boolean =>
  page.path === "/" ? path === "/" : path === page.path || path.startsWith(page.path + "/");

function Count({ page }: { page: Page }) {
  const d = useStore(desk);
  const n = page.name === "alerts" ? d?.new : page.name === "incidents" ? d?.incidents : undefined;
  return n ? <span class="count" aria-label={t("frame.waiting", { n })}>{n > 999 ? "999+" : n}</span> : null;
}

function State() {
  const l = useStore(link), f = useStore(flow), gaps = f?.complete?.gaps.length ?? 0, bad = l === "lost" || gaps > 0;
  const text = l === "lost" ? t("frame.lost") : f === null ? t("frame.waits") : gaps > 0 ? t("frame.gaps") :
    t("frame.flows", { n: number(f.per_second) });
  if (onlyContact() && l !== "lost") return null; // the watch is nothing that he is told of
  return <a href="/" class={`state ${bad ? "bad" : "good"}`} ><span class="dot" aria-hidden="true" /><span role={bad ? "alert" : undefined}>{text}</span></a>;
}

function UserMenu() {
  const m = useStore(me), [open, setOpen] = useState(false), l = useLang();
  const [th, z, d] = [useStore(theme), useStore(zone), useStore(density)];
  useEffect(() => {
    if (!open) return;
    const away = (e: Event): void => { if (!(e.target as Element).closest(".usermenu")) setOpen(false); };
    addEventListener("pointerdown", away);
    return () => removeEventListener("pointerdown", away);
  }, [open]);
  if (!m) return null;
  return (
    <div class="usermenu" onKeyDown={(e) => { if (e.key === "Escape") setOpen(false); }}>
      <button type="button" aria-expanded={open} aria-haspopup="true" onClick={() => setOpen(!open)}><Text of={m.display || m.name} /></button>
      {open && (
        <div class="drop">
          <p class="dim">{m.roles.map((r) => t(`role.${r}`)).join(", ")}</p>
          <Switch label={t("frame.lang")} value={l} set={setLang} of={[["vi", "Tiếng Việt"], ["en", "English"]]} />
          <Switch<Theme> label={t("frame.theme")} value={th} set={(v) => theme.set(v)} of={themes.map((x) => [x, t(`frame.theme.${x}`)])} />
          <Switch label={t("frame.density")} value={d} set={(v) => density.set(v)}
            of={[["dense", t("frame.dense")], ["comfort", t("frame.comfort")]]} />
          <Switch<Zone> label={t("frame.zone")} value={z} set={(v) => zone.set(v)}
            of={[["Asia/Ho_Chi_Minh", t("frame.zone.vn")], ["UTC", "UTC"], ["local", t("frame.zone.local")]]} />
          <a href="/me" onClick={() => setOpen(false)}>{t("page.me")}</a>
          <button type="button" onClick={() => void logout()}>{t("frame.logout")}</button>
        </div>
      )}
    </div>
  );
}

export function Frame({ children, sample }: { children: ComponentChildren; sample: boolean }) {
  const { path } = usePlace(), [menu, setMenu] = useState(false);
  useLang();
  const shown = pages.filter((p) => allowed(p) && !p.aside);
  useKeys("keys.everywhere", [
    { key: "?", label: "keys.help", run: openHelp },
    { key: "Ctrl+k", label: "keys.palette", run: openPalette, quiet: true },
    { key: "u", label: "keys.undo", run: () => void undo() },
    ...shown.map((p) => ({ ...(p.key ? { key: "g " + p.key } : {}), label: `page.${p.name}`, run: () => go(p.path) })),
    { label: "keys.lang", run: () => setLang(document.documentElement.lang === "vi" ? "en" : "vi") },
    { label: "keys.theme", run: () => theme.set(themes[(themes.indexOf(theme.get()) + 1) % themes.length] as Theme) },
    { label: "frame.logout", run: () => void logout() },
  ]);
  return (
    <div class="frame" onClick={follow}>
      <a class="skip" href="#main" onClick={(e) => { e.preventDefault(); document.getElementById("main")?.focus(); }}>{t("frame.skip")}</a>
      {sample && <div class="sample" role="note">{t("frame.sample")}</div>}
      <header class="top">
        <button type="button" class="burger" aria-expanded={menu} aria-controls="nav" aria-label={t("frame.menu")} onClick={() => setMenu(!menu)}>☰</button>
        <a class="name" href="/">Canh</a>
        <State />
        <button type="button" class="find" onClick={openPalette}>{t("frame.find")} <kbd>Ctrl K</kbd></button>
        <UserMenu />
      </header>
      <nav id="nav" class={menu ? "open" : ""} aria-label={t("frame.nav")} onClick={() => setMenu(false)}>
        {shown.map((p) => (
          <a href={p.path} aria-current={isAt(p, path) ? "page" : undefined} title={p.key ? `g ${p.key}` : undefined}>
            <span>{t(`page.${p.name}`)}</span><Count page={p} /></a>
        ))}
      </nav>
      <main id="main" tabIndex={-1}>{children}</main>
    </div>
  );
}

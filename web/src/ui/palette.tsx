// All commands by name (Ctrl K), and all keys (?).
import { useMemo, useState } from "preact/hooks";
import { t } from "../lib/i18n";
import { Command, groups } from "../lib/keys";
import { Key } from "./bits";
import { close, Dialog, open } from "./dialog";

/** Letters without their marks, as people type them. */
export function fold(text: string): string {
  return text.normalize("NFD").replace(/\p{M}/gu, "").replace(/đ/g, "d").replace(/Đ/g, "D").toLowerCase();
}

function matching(text: string): { group: string; command: Command }[] {
  const words = fold(text).split(/\s+/).filter(Boolean), seen = new Set<string>();
  return [...groups.get()].reverse().flatMap((g) => g.commands.map((command) => ({ group: g.title, command })))
    .filter(({ command: c }) => {
      const name = fold(t(c.label));
      if (c.quiet || c.off || seen.has(c.label) || !words.every((w) => name.includes(w))) return false;
      seen.add(c.label);
      return true;
    });
}

function Palette() {
  const [text, setText] = useState(""), [at, setAt] = useState(0);
  const all = useMemo(() => matching(text), [text]);
  const run = (c: Command | undefined): void => {
    if (!c) return;
    close();
    setTimeout(c.run, 0); // behind the dialog's end, which gives the focus back
  };
  return (
    <Dialog title={t("ui.palette")}>
      <div class="palette" onKeyDown={(e) => {
        const step = e.key === "ArrowDown" ? 1 : e.key === "ArrowUp" ? -1 : 0;
        if (step) { e.preventDefault(); setAt((at + step + all.length) % Math.max(1, all.length)); }
        if (e.key === "Enter") { e.preventDefault(); run(all[at]?.command); }
      }}>
        <input type="text" autocomplete="off" autofocus aria-label={t("ui.palette")} role="combobox" aria-expanded="true" aria-controls="palette-list"
          aria-activedescendant={all[at] ? `palette-${at}` : undefined} value={text}
          onInput={(e) => { setText(e.currentTarget.value); setAt(0); }} />
        <ul id="palette-list" role="listbox" aria-label={t("ui.palette")}>
          {all.map(({ command, group }, i) => (
            <li id={`palette-${i}`} role="option" aria-selected={i === at} onClick={() => run(command)}>
              <span>{t(command.label)} <span class="dim">{t(group)}</span></span>
              {command.key && <Key of={command.key} />}
            </li>
          ))}
        </ul>
      </div>
    </Dialog>
  );
}

function Help() {
  return (
    <Dialog title={t("ui.keys")} wide>
      <div class="keyhelp">
        {[...groups.get()].reverse().map((g) => (
          <section>
            <h3>{t(g.title)}</h3>
            <dl>{g.commands.filter((c) => c.key).map((c) => <><dt><Key of={c.key as string} /></dt><dd>{t(c.label)}</dd></>)}</dl>
          </section>
        ))}
      </div>
    </Dialog>
  );
}

export function openPalette(): void {
  open(() => <Palette />);
}

export function openHelp(): void {
  open(() => <Help />);
}

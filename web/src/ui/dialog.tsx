// One dialog at a time, of the browser's own kind: it holds the focus, Escape closes it.
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { t } from "../lib/i18n";
import { store, useStore } from "../lib/store";

const shown = store<(() => ComponentChildren) | null>(null);

export function open(what: () => ComponentChildren): void {
  shown.set(what);
}

export function close(): void {
  shown.set(null);
}

export function Dialog({ title, children, wide = false }:
  { title: string; children: ComponentChildren; wide?: boolean }) {
  const ref = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const d = ref.current as HTMLDialogElement, before = document.activeElement as HTMLElement | null;
    if (!d.open) d.showModal();
    return () => before?.focus?.();
  }, []);
  return (
    <dialog ref={ref} class={wide ? "wide" : ""} aria-label={title} onClose={close}
      onClick={(e) => { if (e.target === ref.current) close(); }}>
      <header><h2>{title}</h2>
        <button type="button" class="plain" aria-label={t("ui.close")} onClick={close}>✕</button></header>
      {children}
    </dialog>
  );
}

export function Dialogs() {
  const what = useStore(shown);
  return what ? <>{what()}</> : null;
}

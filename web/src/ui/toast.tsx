// What was done, at the lower edge, with its way back for as long as there is one.
import { act, Refused } from "../lib/api";
import { t } from "../lib/i18n";
import { store, useStore } from "../lib/store";
import { acted } from "../lib/use";
import { Said } from "./said";
import { Text } from "./text";

interface Toast {
  id: number;
  text: string;
  bad?: boolean;
  /** the server's words */
  said?: boolean;
  act?: number;
}

const toasts = store<readonly Toast[]>([]);
/** Acts that can be taken back, the last one first. */
const undone: number[] = [];
let last = 0;

function put(toast: Omit<Toast, "id">): void {
  const id = ++last;
  toasts.set([...toasts.get().slice(-3), { ...toast, id }]);
  setTimeout(() => toasts.set(toasts.get().filter((x) => x.id !== id)), toast.bad ? 12000 : 8000);
}

export function say(text: string, done?: { act?: number }): void {
  if (done?.act) undone.unshift(done.act);
  put({ text, ...(done?.act ? { act: done.act } : {}) });
}

export function complain(e: unknown): void {
  const r = e instanceof Refused ? e : new Refused(0, String(e));
  put(r.status === 0 ? { text: t("ui.problem.net"), bad: true } : { text: r.message, bad: true, said: true });
}

export async function undo(which?: number): Promise<void> {
  const number = which ?? undone[0];
  if (!number) {
    put({ text: t("ui.undo.nothing"), bad: true });
    return;
  }
  try {
    await act("act.undo", { undoes: number });
    undone.splice(undone.indexOf(number), 1);
    acted.set(acted.get() + 1);
    put({ text: t("ui.undo.done") });
  } catch (e) {
    complain(e);
  }
}

export function Toasts() {
  const all = useStore(toasts);
  return (
    <div class="toasts" role="status" aria-live="polite">
      {all.map((x) => (
        <div class={`toast ${x.bad ? "bad" : ""}`} key={x.id}>
          {x.said ? <Said of={x.text} /> : <Text of={x.text} />}
          {x.act && <button type="button" onClick={() => void undo(x.act)}>{t("ui.undo")}</button>}
        </div>
      ))}
    </div>
  );
}

// What the server said, in the language of the page. It says it in English; the Vietnamese comes apart, when it is first wanted.
import { useEffect, useState } from "preact/hooks";
import { has, t, useLang } from "../lib/i18n";
import { Say, sayer } from "../lib/sentence";
import { Text } from "./text";

let say: Say | undefined, asked: Promise<void> | undefined;

function load(): Promise<void> {
  asked ??= import("sentences").then(({ default: rows }) => {
    say = sayer(rows, (list, value) => (has(`${list}.${value}`) ? t(`${list}.${value}`) : undefined));
  }, () => { asked = undefined; }); // it stays English, and is asked for again
  return asked;
}

/** The sentence; where the page is Vietnamese, its English behind it. What no pattern knows stays as it is: English, or,
 * where it is `mixed`, perhaps what a person wrote. */
export function Said({ of, mixed = false }: { of: string; mixed?: boolean }) {
  const vietnamese = useLang() === "vi", [, draw] = useState(0);
  useEffect(() => {
    let there = true;
    if (vietnamese && !say && of) void load().then(() => { if (there) draw((n) => n + 1); });
    return () => { there = false; };
  }, [vietnamese, of]);
  const text = vietnamese ? say?.(of) : undefined;
  return text === undefined ? <span lang={mixed ? undefined : "en"}><Text of={of} /></span> : <span lang="vi" title={of}><Text of={text} /></span>;
}

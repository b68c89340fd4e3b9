// A technique of ATT&CK with its name, which is English in both languages; and the tags of a rule, of which many are such.
import { short, useTechniques } from "../lib/attack";
import { has, t } from "../lib/i18n";
import { Text } from "./text";

export function Technique({ of }: { of: string }) {
  const name = useTechniques()(of);
  return <span class="technique" title={name || undefined}><Text of={of} />{name && <> <span lang="en">{short(name)}</span></>}</span>;
}

const technique = /^attack\.(t\d{4}(?:\.\d{3})?)$/i, tactic = /^attack\.([a-z-]+)$/i;

function Tag({ of }: { of: string }) {
  const id = technique.exec(of)?.[1], way = tactic.exec(of.replaceAll("_", "-"))?.[1]?.toLowerCase();
  if (id) return <Technique of={id.toUpperCase()} />;
  return way && has(`rules.tactic.${way}`) ? <span title={of}>{t(`rules.tactic.${way}`)}</span> : <Text of={of} />;
}

export function Tags({ of }: { of: readonly string[] }) {
  return <p class="tags">{of.map((x) => <span class="tag"><Tag of={x} /></span>)}</p>;
}

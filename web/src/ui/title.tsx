// The title of an alert. Those of the watch itself are made in English, from these texts; some go on with what it is about.
import rows from "texts";
import { t } from "../lib/i18n";
import { Text } from "./text";

const own = Object.entries(rows).filter(([key]) => key.startsWith("system.")).map(([key, [, english]]) => ({ key, english }));

export function Title({ of }: { of: unknown }) {
  const title = String(of ?? ""), made = own.find((x) => title.startsWith(x.english));
  return <Text of={made ? t(made.key) + title.slice(made.english.length) : title} />;
}

// Parts of a page, one at a time; which one stands in the address.
import type { ComponentType } from "preact";
import { t } from "../lib/i18n";
import { useKeys } from "../lib/keys";
import { go, usePlace } from "../lib/router";
import { is, Role } from "../lib/session";

export interface Tab {
  /** the last part of the address; "" is the page itself */
  path: string;
  title: string;
  view: ComponentType;
  roles?: readonly Role[];
}

export function Tabs({ base, title, tabs }: { base: string; title: string; tabs: readonly Tab[] }) {
  const { path } = usePlace(), mine = tabs.filter((x) => !x.roles || is(...x.roles));
  const here = mine.find((x) => x.path !== "" && path.startsWith(`${base}/${x.path}`)) ?? mine[0];
  const step = (n: number): void => {
    const next = here && mine[(mine.indexOf(here) + n + mine.length) % mine.length];
    if (next) go(base + (next.path && "/" + next.path));
  };
  useKeys(title, [
    { key: "]", label: "keys.nexttab", run: () => step(1), quiet: true },
    { key: "[", label: "keys.beforetab", run: () => step(-1), quiet: true },
    ...mine.map((x) => ({ label: x.title, run: () => go(base + (x.path && "/" + x.path)) })),
  ]);
  if (!here) return null;
  const View = here.view;
  return (
    <div class="page">
      <h1>{t(title)}</h1>
      <nav class="tabs" aria-label={t(title)}>
        {mine.map((x) => <a href={base + (x.path && "/" + x.path)} aria-current={x === here ? "page" : undefined}>{t(x.title)}</a>)}
      </nav>
      <View key={here.path} />
    </div>
  );
}

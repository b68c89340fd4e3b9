// Where it begins: who is here, and which page the address names.
import { render } from "preact";
import { useEffect } from "preact/hooks";
import { lang, setLang, t, useLang } from "./lib/i18n";
import { end, start } from "./lib/live";
import { usePlace } from "./lib/router";
import { find, me, mustChange, sample } from "./lib/session";
import { useStore } from "./lib/store";
import { allowed, pages } from "./pages";
import { Login } from "./pages/login";
import { Dialogs } from "./ui/dialog";
import { Frame, isAt } from "./ui/frame";
import { Toasts } from "./ui/toast";
import { ValueMenu } from "./ui/value";
import "./lib/theme";

function Shown() {
  const { path } = usePlace(), l = useLang();
  const page = pages.find((p) => isAt(p, path) && allowed(p)) ?? (path === "/" ? pages.find(allowed) : undefined);
  useEffect(() => {
    document.title = page ? `${t(`page.${page.name}`)} · Canh` : "Canh";
  }, [page?.name, l]);
  if (!page) return <div class="page"><h1>{t("ui.nopage")}</h1><p><a href="/">{t("page.watch")}</a></p></div>;
  const View = page.view;
  return <View key={page.name} />;
}

function App() {
  const who = useStore(me), change = useStore(mustChange), made = useStore(sample);
  useLang();
  useEffect(() => {
    if (who && !change) start();
    else end();
  }, [who, change]);
  if (who === undefined) return null;
  if (who === null || change) return <Login change={who !== null} />;
  return (
    <>
      <Frame sample={made}><Shown /></Frame>
      <ValueMenu />
      <Dialogs />
      <Toasts />
    </>
  );
}

setLang(lang.get());
find().catch(() => me.set(null)).finally(() => render(<App />, document.getElementById("app") as HTMLElement));

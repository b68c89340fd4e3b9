// What the law profile in force calls things: types of incidents, severities, causes, results, playbooks.
import { useEffect, useState } from "preact/hooks";
import { object } from "./api";
import { lang } from "./i18n";

export type LawList = "types" | "severities" | "causes" | "results" | "playbooks" | "clocks" | "facts";
export interface LawTerm {
  id: string;
  vi: string;
  en: string;
}
export type LawTerms = Partial<Record<LawList, LawTerm[]>>;

let asked: Promise<LawTerms> | undefined;

/** Asked for once; again when it failed. */
export function lawTerms(): Promise<LawTerms> {
  asked ??= object<LawTerms>("/law/terms").catch((e: unknown) => {
    asked = undefined;
    throw e;
  });
  return asked;
}

export function term(x: LawTerm): string {
  return x[lang.get()];
}

export function useLaw(): LawTerms {
  const [all, setAll] = useState<LawTerms>({});
  useEffect(() => { lawTerms().then(setAll, () => setAll({})); }, []);
  return all;
}

/** The name of a code; the code itself until it is known. */
export function useTerms(): (list: LawList, id: string | null | undefined) => string {
  const all = useLaw();
  return (list, id) => {
    const found = all[list]?.find((x) => x.id === id);
    return found ? term(found) : id ?? "";
  };
}

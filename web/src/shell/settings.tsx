// Language and colours around everything.
import { FluentProvider, RendererProvider, createDOMRenderer, webDarkTheme, webLightTheme } from "@fluentui/react-components";
import { createContext, useContext, useEffect, useMemo, useState, type ReactNode } from "react";

import { TextsProvider, loadTexts, type Texts } from "../text/text";
import { keepPreferences, readPreferences, type Preferences } from "./preferences";

interface Settings {
  preferences: Preferences;
  choose: (change: Partial<Preferences>) => void;
}

const Context = createContext<Settings | undefined>(undefined);

/** Returns what the person chose, and how to choose otherwise. */
export function useSettings(): Settings {
  const settings = useContext(Context);
  if (!settings) throw new Error("useSettings stands outside of SettingsProvider");
  return settings;
}

// Styles are added while the page runs; the policy of the page allows only those that carry this answer's nonce.
const nonce = document.querySelector<HTMLMetaElement>("#style-nonce")?.nonce ?? "";
const renderer = createDOMRenderer(document, { styleElementAttributes: { nonce } });

export function SettingsProvider({ children }: { children: ReactNode }): ReactNode {
  const [preferences, setPreferences] = useState(readPreferences);
  const [texts, setTexts] = useState<Texts>();
  const dark = useDark(preferences.theme);
  const { language } = preferences;

  useEffect(() => {
    let current = true;
    void loadTexts(language).then((texts) => {
      if (!current) return;
      document.documentElement.lang = language;
      setTexts(texts);
    });
    return () => {
      current = false;
    };
  }, [language]);

  const settings = useMemo<Settings>(
    () => ({
      preferences,
      choose: (change) => {
        const next = { ...preferences, ...change };
        keepPreferences(next);
        setPreferences(next);
      },
    }),
    [preferences],
  );

  if (!texts) return null;
  return (
    <RendererProvider renderer={renderer} targetDocument={document}>
      <FluentProvider theme={dark ? webDarkTheme : webLightTheme} style={{ minHeight: "100%" }}>
        <Context value={settings}>
          <TextsProvider value={texts}>{children}</TextsProvider>
        </Context>
      </FluentProvider>
    </RendererProvider>
  );
}

function useDark(theme: Preferences["theme"]): boolean {
  const [system, setSystem] = useState(() => matchMedia("(prefers-color-scheme: dark)").matches);
  useEffect(() => {
    const query = matchMedia("(prefers-color-scheme: dark)");
    const changed = () => setSystem(query.matches);
    query.addEventListener("change", changed);
    return () => query.removeEventListener("change", changed);
  }, []);
  return theme === "system" ? system : theme === "dark";
}

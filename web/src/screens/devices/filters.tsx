// Search and filters above the list of devices. What is typed goes into the address once the typing pauses.
import { Button, Field, Input, SearchBox, Select, makeStyles, tokens } from "@fluentui/react-components";
import { useEffect, useRef, useState, type ReactNode } from "react";

import type { Site } from "../../api/words";
import { shown } from "../../parts/outside";
import { useTexts } from "../../text/text";
import type { DevicesView } from "./view";

/** A pause this long means that somebody has finished a word. */
const PAUSE_MS = 200;

const ONLINE = ["yes", "no", "unknown"] as const;

const useStyles = makeStyles({
  row: { display: "flex", flexWrap: "wrap", alignItems: "end", gap: tokens.spacingHorizontalM },
  search: { width: "300px", maxWidth: "100%" },
  filter: { flexGrow: 1, minWidth: "260px", maxWidth: "560px" },
});

interface FiltersProps {
  view: DevicesView;
  sites: readonly Site[];
  change: (change: Partial<DevicesView>) => void;
}

export function Filters({ view, sites, change }: FiltersProps): ReactNode {
  const { t } = useTexts();
  const styles = useStyles();
  const [search, setSearch] = useTyped(view.search, (search) => change({ search }));
  const [filter, setFilter] = useTyped(view.filter, (filter) => change({ filter }));
  const any = view.search ?? view.site ?? view.online ?? view.filter ?? view.os;
  return (
    <div className={styles.row}>
      <Field label={t("devices.search")} className={styles.search}>
        <SearchBox name="search" value={search} onChange={(_, data) => setSearch(data.value)} />
      </Field>
      <Field label={t("device.online")}>
        <Select
          value={view.online ?? ""}
          onChange={(_, data) => change({ online: ONLINE.find((online) => online === data.value) })}
        >
          <option value="">{t("filter.all")}</option>
          {ONLINE.map((online) => (
            <option key={online} value={online}>
              {t(`online.${online}`)}
            </option>
          ))}
        </Select>
      </Field>
      {(sites.length > 1 || view.site) && (
        <Field label={t("device.site")}>
          <Select value={view.site ?? ""} onChange={(_, data) => change({ site: data.value || undefined })}>
            <option value="">{t("filter.all")}</option>
            {sites.map((site) => (
              <option key={site.id} value={site.id}>
                {shown(site.name)}
              </option>
            ))}
          </Select>
        </Field>
      )}
      <Field label={t("devices.filter")} className={styles.filter}>
        <Input
          name="filter"
          value={filter}
          placeholder={'os contains "Debian" and not name startsWith "test-"'}
          onChange={(_, data) => setFilter(data.value)}
        />
      </Field>
      {any !== undefined && (
        <Button
          onClick={() => change({ search: undefined, site: undefined, online: undefined, filter: undefined, os: undefined })}
        >
          {t("filter.clear")}
        </Button>
      )}
    </div>
  );
}

function useTyped(value: string | undefined, settle: (value: string | undefined) => void): [string, (text: string) => void] {
  const [text, setText] = useState(value ?? "");
  const settled = useRef(value ?? "");
  const latest = useRef(settle);
  latest.current = settle;
  useEffect(() => {
    // The address changed from elsewhere: back, a link, or "clear".
    if ((value ?? "") !== settled.current) {
      settled.current = value ?? "";
      setText(value ?? "");
    }
  }, [value]);
  useEffect(() => {
    if (text === settled.current) return undefined;
    const timer = setTimeout(() => {
      settled.current = text;
      latest.current(text === "" ? undefined : text);
    }, PAUSE_MS);
    return () => clearTimeout(timer);
  }, [text]);
  return [text, setText];
}

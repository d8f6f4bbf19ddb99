// A screen whose content belongs to one site: which one, where there are several.
import { Field, Select } from "@fluentui/react-components";
import { useQuery } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";

import { sites } from "../api/queries";
import type { Site } from "../api/words";
import { useTexts } from "../text/text";
import { Empty } from "./empty";
import { Go } from "./go";
import { shown } from "./outside";
import { Read } from "./read";

export function BySite({ children }: { children: (site: Site) => ReactNode }): ReactNode {
  const { t } = useTexts();
  const read = useQuery(sites);
  const [chosen, setChosen] = useState<string>();
  return (
    <Read query={read}>
      {(all) => {
        const attached = all.filter((site) => site.state === "attached");
        const site = attached.find((site) => site.id === chosen) ?? attached[0];
        if (!site) {
          return (
            <Empty title={t("home.noSite")} text={t("home.noSiteText")}>
              <Go to="/connectors">{t("connectors.attach")}</Go>
            </Empty>
          );
        }
        return (
          <>
            {attached.length > 1 && (
              <Field label={t("device.site")} style={{ maxWidth: "300px" }}>
                <Select value={site.id} onChange={(_, data) => setChosen(data.value)}>
                  {attached.map((site) => (
                    <option key={site.id} value={site.id}>
                      {shown(site.name)}
                    </option>
                  ))}
                </Select>
              </Field>
            )}
            {children(site)}
          </>
        );
      }}
    </Read>
  );
}

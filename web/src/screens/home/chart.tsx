// A bar for each hour, in parts by outcome. The table behind it says the same to who cannot see it.
import { makeStyles, tokens } from "@fluentui/react-components";
import type { ReactNode } from "react";

import type { Outcome } from "../../api/words";
import { useFormats } from "../../format/time";
import { useTexts } from "../../text/text";
import { HOURS, sum, type Counts } from "./outcomes";

const HEIGHT = 120;
const WIDTH = 20;
const ORDER: readonly Outcome[] = ["done", "open", "stopped", "failed"];

const useStyles = makeStyles({
  chart: { width: "100%", height: "120px", display: "block" },
  axis: { stroke: tokens.colorNeutralStroke1 },
  axisLabels: {
    display: "flex",
    justifyContent: "space-between",
    color: tokens.colorNeutralForeground3,
    fontSize: tokens.fontSizeBase200,
    marginTop: "-8px",
  },
  done: { fill: tokens.colorStatusSuccessBackground3, backgroundColor: tokens.colorStatusSuccessBackground3 },
  open: { fill: tokens.colorBrandBackground, backgroundColor: tokens.colorBrandBackground },
  stopped: { fill: tokens.colorNeutralStrokeAccessible, backgroundColor: tokens.colorNeutralStrokeAccessible },
  failed: { fill: tokens.colorStatusDangerBackground3, backgroundColor: tokens.colorStatusDangerBackground3 },
  legend: { display: "flex", flexWrap: "wrap", columnGap: "20px", rowGap: "4px", padding: 0, margin: 0 },
  entry: { display: "inline-flex", alignItems: "center", columnGap: "6px" },
  mark: { width: "10px", height: "10px", borderRadius: "2px" },
});

export function OutcomeChart({ hours }: { hours: readonly Counts[] }): ReactNode {
  const { t } = useTexts();
  const formats = useFormats();
  const styles = useStyles();
  const all = sum(hours);
  const most = Math.max(1, ...hours.map((hour) => ORDER.reduce((total, key) => total + hour[key], 0)));
  const said = ORDER.map((key) => `${t(`outcome.${key}`)}: ${formats.number(all[key])}`).join(", ");
  return (
    <>
      <svg className={styles.chart} viewBox={`0 0 ${HOURS * WIDTH} ${HEIGHT + 4}`} preserveAspectRatio="none" role="img" aria-label={`${t("home.chart")}. ${said}`}>
        {hours.map((hour, index) => {
          let top = HEIGHT;
          return ORDER.map((key) => {
            const height = (hour[key] / most) * (HEIGHT - 6);
            if (height === 0) return null;
            top -= height;
            return <rect key={`${index}${key}`} className={styles[key]} x={index * WIDTH + 3} width={WIDTH - 6} y={top} height={height} rx={1} />;
          });
        })}
        <line className={styles.axis} x1={0} x2={HOURS * WIDTH} y1={HEIGHT} y2={HEIGHT} vectorEffect="non-scaling-stroke" />
      </svg>
      <div className={styles.axisLabels}>
        <span>{t("home.ago")}</span>
        <span>{t("home.now")}</span>
      </div>
      <div className={styles.legend}>
        {ORDER.map((key) => (
          <span key={key} className={styles.entry}>
            <span className={`${styles.mark} ${styles[key]}`} aria-hidden />
            {t(`outcome.${key}`)} <strong>{formats.number(all[key])}</strong>
          </span>
        ))}
      </div>
    </>
  );
}

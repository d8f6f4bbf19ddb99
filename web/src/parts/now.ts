// The time, for what is shown as "a minute ago".
import { useEffect, useState } from "react";

/** Returns the time, renewed every `every` milliseconds. */
export function useNow(every = 10_000): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), every);
    return () => clearInterval(timer);
  }, [every]);
  return now;
}

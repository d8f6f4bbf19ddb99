// How a dialog goes away: it closes first, and the focus goes back to where it was, so that nobody loses their place.
import { useEffect, useRef, useState } from "react";

export interface Closing {
  open: boolean;
  /** Closes the dialog; `then` runs once it is gone. */
  finish: (then?: () => void) => void;
}

/** Returns whether the dialog is open, and how to close it; `close` takes it away. */
export function useClosing(close: () => void): Closing {
  const [open, setOpen] = useState(true);
  const [before] = useState(() => document.activeElement);
  const after = useRef<(() => void) | undefined>(undefined);
  const latest = useRef(close);
  latest.current = close;
  useEffect(() => {
    if (open) return undefined;
    const timer = setTimeout(() => {
      const place = before instanceof HTMLElement && before.isConnected ? before : document.querySelector<HTMLElement>("#main");
      place?.focus();
      latest.current();
      after.current?.();
    });
    return () => clearTimeout(timer);
  }, [open, before]);
  return {
    open,
    finish: (then) => {
      after.current = then;
      setOpen(false);
    },
  };
}

// A link inside the page, drawn as Fluent draws links.
import { makeStyles, mergeClasses, tokens } from "@fluentui/react-components";
import { createLink, type LinkComponent } from "@tanstack/react-router";
import type { AnchorHTMLAttributes, ReactNode } from "react";

const useStyles = makeStyles({
  link: {
    color: tokens.colorBrandForegroundLink,
    textDecorationLine: "none",
    borderRadius: tokens.borderRadiusSmall,
    ":hover": { textDecorationLine: "underline", color: tokens.colorBrandForegroundLinkHover },
    ":focus-visible": { outline: `2px solid ${tokens.colorStrokeFocus2}`, outlineOffset: "1px" },
  },
});

function Anchor({ className, ...rest }: AnchorHTMLAttributes<HTMLAnchorElement>): ReactNode {
  const styles = useStyles();
  return <a className={mergeClasses(styles.link, className)} {...rest} />;
}

const Linked = createLink(Anchor);

export const Go: LinkComponent<typeof Anchor> = (props) => <Linked {...props} />;

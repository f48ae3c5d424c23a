// The pages, in the order of the navigation. A page is one line here and one folder beside this file.
import type { ComponentType } from "preact";
import type { Role } from "../api/types";
import type { IconName } from "../components/Icon";
import type { Route } from "../router";
import { ReviewPage } from "./review/ReviewPage";

export interface Page {
  /** First part of the address after #. */
  path: string;
  title: string;
  icon: IconName;
  component: ComponentType<{ route: Route }>;
  /** Who sees it in the navigation. */
  role: Role;
}

export const pages: Page[] = [
  { path: "review", title: "Review", icon: "review", component: ReviewPage, role: "viewer" },
];

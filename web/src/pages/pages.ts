// The pages, in the order of the navigation. A page is one entry here and one folder beside this file. Review comes
// with the frame, the others (later.ts) after it.
import type { ComponentType } from "preact";
import type { Role } from "../api/types";
import type { IconName } from "../components/Icon";
import { lazyPage } from "../components/lazyPage";
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
  { path: "queue", title: "Queue", icon: "queue", component: lazyPage("QueuePage"), role: "viewer" },
  { path: "agreement", title: "Agreement", icon: "agreement", component: lazyPage("AgreementPage"), role: "viewer" },
  { path: "quality", title: "Quality", icon: "quality", component: lazyPage("QualityPage"), role: "viewer" },
  { path: "training", title: "Training", icon: "training", component: lazyPage("TrainingPage"), role: "viewer" },
  { path: "runs", title: "Runs", icon: "runs", component: lazyPage("RunsPage"), role: "viewer" },
  { path: "datasets", title: "Data sets", icon: "datasets", component: lazyPage("DatasetsPage"), role: "viewer" },
  { path: "models", title: "Models", icon: "models", component: lazyPage("ModelsPage"), role: "viewer" },
  { path: "start", title: "Start", icon: "start", component: lazyPage("StartPage"), role: "viewer" },
];

// The pages, in the order of the navigation. A page is one line here and one folder beside this file.
import type { ComponentType } from "preact";
import type { Role } from "../api/types";
import type { IconName } from "../components/Icon";
import type { Route } from "../router";
import { AgreementPage } from "./agreement/AgreementPage";
import { ModelsPage } from "./models/ModelsPage";
import { QualityPage } from "./quality/QualityPage";
import { QueuePage } from "./queue/QueuePage";
import { ReviewPage } from "./review/ReviewPage";
import { StartPage } from "./start/StartPage";
import { TrainingPage } from "./training/TrainingPage";

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
  { path: "queue", title: "Queue", icon: "queue", component: QueuePage, role: "viewer" },
  { path: "agreement", title: "Agreement", icon: "agreement", component: AgreementPage, role: "viewer" },
  { path: "quality", title: "Quality", icon: "quality", component: QualityPage, role: "viewer" },
  { path: "training", title: "Training", icon: "training", component: TrainingPage, role: "viewer" },
  { path: "models", title: "Models", icon: "models", component: ModelsPage, role: "viewer" },
  { path: "start", title: "Start", icon: "start", component: StartPage, role: "viewer" },
];

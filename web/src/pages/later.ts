// The pages that are fetched after the first one, in one file.
export { AgreementPage } from "./agreement/AgreementPage";
export { DatasetsPage } from "./datasets/DatasetsPage";
export { ModelsPage } from "./models/ModelsPage";
export { QualityPage } from "./quality/QualityPage";
export { QueuePage } from "./queue/QueuePage";
export { RunsPage } from "./runs/RunsPage";
export { StartPage } from "./start/StartPage";
export { TrainingPage } from "./training/TrainingPage";

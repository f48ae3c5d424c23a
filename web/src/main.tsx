import { render } from "preact";
import { App } from "./app";
import { fetchPagesLater } from "./components/lazyPage";
import { startTheme } from "./state/theme";
import "./styles/main.css";

startTheme();
const place = document.getElementById("app");
if (place) render(<App />, place);
fetchPagesLater();

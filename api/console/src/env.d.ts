/// <reference types="vite/client" />
declare module "virtual:texts/*" {
  const words: Record<string, string>;
  export default words;
}

declare module "texts" {
  const rows: Record<string, [string, string]>;
  export default rows;
}
declare module "sentences" {
  const rows: Record<string, string>;
  export default rows;
}

declare module "attack" {
  const names: Record<string, string>;
  export default names;
}

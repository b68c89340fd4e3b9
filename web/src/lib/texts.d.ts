declare module "texts" {
  const rows: Record<string, [string, string]>;
  export default rows;
}

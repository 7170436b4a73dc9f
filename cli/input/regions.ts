/** Whether jobs of an api are known only in their region. The vendors are loaded only where somebody asks. */
export async function needsRegion(api: string): Promise<boolean> {
  const { API_FACTS } = await import('../../lib/vendors/registry.ts');
  return API_FACTS.get(api)?.needsRegion !== false;
}

export function Mark({ size = 24 }: { size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden="true">
      <rect width="32" height="32" rx="7" fill="#0b7a5e" />
      <path d="M9 8v9a7 7 0 0 0 14 0V8" fill="none" stroke="#fff" strokeWidth="4" strokeLinecap="round" />
      <path d="M7 26h18" stroke="#fff" strokeWidth="3" strokeLinecap="round" opacity=".55" />
    </svg>
  );
}

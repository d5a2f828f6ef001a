"""Past leads are scored and matched column by column with numpy."""

"""The patrol year of a district: its tables in, plans by optimizer.staffing.patrol, workbook and map out."""

"""Staffing: from enterprises, venues and people to posts, rosters and patrols (docs/staffing.md)."""

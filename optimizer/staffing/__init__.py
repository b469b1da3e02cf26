"""Posts of town stations from enterprises, venues and people: the WISN method, floors, uncertainty."""

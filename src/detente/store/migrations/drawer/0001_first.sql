-- Private notes of one party: never sent, never exported.

create table note(
  n integer primary key,
  shelf text not null,
  key text not null,
  value blob not null,
  crc integer not null,
  unique(shelf, key)
) strict;

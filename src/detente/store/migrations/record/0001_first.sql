-- The record of one node. Only dialogue, log, entry, checkpoint, receipt and evidence are the record;
-- head and node_hash follow from the entries, and verdict, seen and snapshot from judging them again.
-- `crc` is CRC-32 over the row's other columns, wherever no hash of the record covers them: SQLite
-- itself has no page checksums, and a flipped bit in a verdict would change what counts.

create table meta(
  name text primary key,            -- run: id of the last start; copied: this is a backup's copy
  value blob not null,
  crc integer not null
) strict, without rowid;

create table dialogue(
  n integer primary key,
  id blob not null unique,
  founding blob not null,
  crc integer not null
) strict;

create table log(
  n integer primary key,
  dialogue integer not null references dialogue,
  id blob not null unique,
  info blob not null,               -- canonical [party, node key, epoch, lane]
  crc integer not null
) strict;

create table head(
  log integer primary key references log,
  size integer not null,
  admitted integer not null,
  id blob not null,                 -- of the last entry; of the dialogue while the log is empty
  clock blob not null,              -- 8 bytes, for it may reach 2**64 - 1
  frontier blob not null,           -- peaks of the tree, largest first, 32 bytes each
  crc integer not null
) strict;

-- Keys n below are log.n << 40 | position. No index on the hash: references name log and position.
create table entry(
  n integer primary key,
  id blob not null,
  header blob not null,
  salt blob,                        -- with payload: null when withheld or erased
  payload blob
) strict;

create table node_hash(
  log integer not null,
  level integer not null,           -- 8 or more; smaller subtrees are computed from ids
  i integer not null,
  hash blob not null,
  primary key(log, level, i)
) strict, without rowid;

create table verdict(
  n integer primary key,            -- only where an entry is not plainly counted
  standing integer not null,
  reason text not null,
  crc integer not null
) strict;

create table seen(
  n integer primary key,            -- only where the past is more than the entry before and itself
  past blob not null,               -- pairs of varints: log.n, size
  crc integer not null
) strict;

create table checkpoint(
  n integer primary key,            -- log.n << 40 | size
  body blob not null,
  crc integer not null
) strict;

create table receipt(
  n integer primary key,
  log integer not null references log,
  signer blob not null,
  size integer not null,
  body blob not null,
  crc integer not null,
  unique(log, signer, size)
) strict;

create table evidence(
  n integer primary key,
  dialogue integer not null references dialogue,
  kind text not null,
  digest blob not null,
  body blob not null,
  crc integer not null,
  unique(dialogue, kind, digest)
) strict;

create table snapshot(
  dialogue integer primary key references dialogue,
  upto blob not null,
  state blob not null,
  crc integer not null
) strict;

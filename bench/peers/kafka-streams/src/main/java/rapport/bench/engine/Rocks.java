package rapport.bench.engine;

import java.util.Map;
import org.apache.kafka.streams.state.RocksDBConfigSetter;
import org.rocksdb.BlockBasedTableConfig;
import org.rocksdb.BloomFilter;
import org.rocksdb.Cache;
import org.rocksdb.CompressionType;
import org.rocksdb.LRUCache;
import org.rocksdb.Options;

/** RocksDB for many small states: one block cache for all stores of the process, bloom filters for customers not seen yet, larger memtables. */
public final class Rocks implements RocksDBConfigSetter {
  private static final Cache CACHE = new LRUCache(256L << 20);
  private static final BloomFilter FILTER = new BloomFilter(10, false);
  private static final long MEMTABLE_BYTES = 32L << 20;

  @Override
  public void setConfig(String store, Options options, Map<String, Object> configs) {
    BlockBasedTableConfig table = (BlockBasedTableConfig) options.tableFormatConfig();
    table.setBlockCache(CACHE);
    table.setFilterPolicy(FILTER);
    table.setBlockSize(8 * 1024);
    table.setCacheIndexAndFilterBlocks(true);
    table.setPinL0FilterAndIndexBlocksInCache(true);
    options.setTableFormatConfig(table);
    options.setWriteBufferSize(MEMTABLE_BYTES);
    options.setMaxWriteBufferNumber(3);
    options.setCompressionType(CompressionType.LZ4_COMPRESSION);
  }

  @Override
  public void close(String store, Options options) {
    // cache and filter are of the whole process
  }
}

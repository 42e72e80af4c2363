using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Design;
using Microsoft.EntityFrameworkCore.Storage.ValueConversion;

namespace JobSystem.Scheduler.Storage;

/// <summary>Times are stored as microseconds since 1970, tags as JSON arrays, because SQLite has no types for them.</summary>
public sealed class SqliteScheduleContext(DbContextOptions<SqliteScheduleContext> options) : ScheduleDbContext(options)
{
    protected override void ConfigureConventions(ModelConfigurationBuilder configurationBuilder) =>
        configurationBuilder.Properties<DateTimeOffset>().HaveConversion<MicrosecondsConverter>();

    sealed class MicrosecondsConverter() : ValueConverter<DateTimeOffset, long>(
        x => (x.UtcTicks - DateTimeOffset.UnixEpoch.UtcTicks) / TimeSpan.TicksPerMicrosecond, x => DateTimeOffset.UnixEpoch.AddMicroseconds(
            x));
}

/// <summary>For <c>dotnet ef</c>; it opens no file.</summary>
public sealed class SqliteScheduleContextFactory : IDesignTimeDbContextFactory<SqliteScheduleContext>
{
    public SqliteScheduleContext CreateDbContext(string[] args) =>
        new(new DbContextOptionsBuilder<SqliteScheduleContext>().UseSqlite("Data Source=:memory:").Options);
}

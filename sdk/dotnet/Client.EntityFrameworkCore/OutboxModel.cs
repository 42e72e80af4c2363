using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Microsoft.EntityFrameworkCore.Storage.ValueConversion;

namespace JobSystem.Client.EntityFrameworkCore;

/// <summary>Adds the outbox to a model.</summary>
public static class OutboxModel
{
    // As the API has them
    internal const int MaxNameLength = 128;
    internal const int MaxClaimLength = 128;
    const int MaxTraceParentLength = 64;
    const int MaxStateLength = 16;

    static readonly ValueConverter<DateTime, DateTime> utc = new(x => x, x => DateTime.SpecifyKind(x, DateTimeKind.Utc));

    /// <summary>
    /// Adds the table of the outbox; call it in <c>OnModelCreating</c>. A migration that is added afterwards makes the table. Columns have names in snake_case.
    /// </summary>
    /// <param name="modelBuilder">The model.</param>
    /// <param name="table">Name of the table.</param>
    /// <param name="schema">Schema of the table. Default: that of the model.</param>
    /// <returns>The same model.</returns>
    public static ModelBuilder AddJobOutbox(this ModelBuilder modelBuilder, string table = "job_outbox", string? schema = null)
    {
        ArgumentNullException.ThrowIfNull(modelBuilder);
        ArgumentException.ThrowIfNullOrWhiteSpace(table);
        var row = modelBuilder.Entity<OutboxJob>();
        // Without a schema the model's own holds, also one that is set afterwards
        _ = schema is null ? row.ToTable(table) : row.ToTable(table, schema);
        row.HasKey(x => x.Position);
        row.HasIndex(x => x.JobId).IsUnique();
        // What is pending, in order; what was posted long ago
        row.HasIndex(x => new { x.State, x.Position });
        AddColumns(row);
        return modelBuilder;
    }

    static void AddColumns(EntityTypeBuilder<OutboxJob> row)
    {
        row.Property(x => x.Position).HasColumnName("position").ValueGeneratedOnAdd();
        row.Property(x => x.JobId).HasColumnName("job_id").HasMaxLength(MaxNameLength).IsRequired();
        row.Property(x => x.TaskName).HasColumnName("task_name").HasMaxLength(MaxNameLength).IsRequired();
        row.Property(x => x.Request).HasColumnName("request").IsRequired();
        row.Property(x => x.Size).HasColumnName("size");
        row.Property(x => x.TraceParent).HasColumnName("trace_parent").HasMaxLength(MaxTraceParentLength);
        row.Property(x => x.EnqueuedAt).HasColumnName("enqueued_at").HasConversion(utc);
        row.Property(x => x.State).HasColumnName("state").HasMaxLength(MaxStateLength).IsRequired();
        row.Property(x => x.Claim).HasColumnName("claim").HasMaxLength(MaxClaimLength);
        row.Property(x => x.SettledAt).HasColumnName("settled_at").HasConversion(utc);
        row.Property(x => x.Error).HasColumnName("error");
    }
}

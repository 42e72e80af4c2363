using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace JobSystem.JobApi.Storage.Postgres.Migrations
{
    /// <summary>When an attempt was given to its worker: no start that a worker reports can be earlier.</summary>
    [DbContext(typeof(PostgresJobsContext))]
    [Migration("20261129044326_ReservedAt")]
    public partial class ReservedAt : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<DateTimeOffset>(
                name: "reserved_at",
                table: "jobs",
                type: "timestamp with time zone",
                nullable: true);
        }
    }
}

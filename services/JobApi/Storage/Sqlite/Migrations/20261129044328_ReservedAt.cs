using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace JobSystem.JobApi.Storage.Sqlite.Migrations
{
    /// <summary>When an attempt was given to its worker: no start that a worker reports can be earlier.</summary>
    [DbContext(typeof(SqliteJobsContext))]
    [Migration("20261129044328_ReservedAt")]
    public partial class ReservedAt : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<long>(
                name: "reserved_at",
                table: "jobs",
                type: "INTEGER",
                nullable: true);
        }
    }
}

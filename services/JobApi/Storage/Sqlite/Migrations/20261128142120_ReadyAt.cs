using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace JobSystem.JobApi.Storage.Sqlite.Migrations
{
    /// <inheritdoc />
    public partial class ReadyAt : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropIndex(
                name: "ix_jobs_waiting",
                table: "jobs");

            migrationBuilder.AddColumn<long>(
                name: "ready_at",
                table: "jobs",
                type: "INTEGER",
                nullable: false,
                defaultValue: 0L);

            // Final jobs are not asked for
            migrationBuilder.Sql("update jobs set ready_at = coalesce(not_before, created_at) where completed_at is null");

            migrationBuilder.CreateIndex(
                name: "ix_jobs_waiting",
                table: "jobs",
                columns: new[] { "queue_name", "priority", "ready_at" },
                descending: new[] { false, true, false },
                filter: "completed_at is null");

            migrationBuilder.DropIndex(
                name: "ix_jobs_parked",
                table: "jobs");

            migrationBuilder.CreateIndex(
                name: "ix_jobs_parked",
                table: "jobs",
                columns: new[] { "queue_name", "priority", "ready_at" },
                descending: new[] { false, true, false },
                filter: "dispatched_at = 0");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropIndex(
                name: "ix_jobs_waiting",
                table: "jobs");

            migrationBuilder.DropIndex(
                name: "ix_jobs_parked",
                table: "jobs");

            migrationBuilder.CreateIndex(
                name: "ix_jobs_parked",
                table: "jobs",
                columns: new[] { "queue_name", "priority", "created_at" },
                descending: new[] { false, true, false },
                filter: "dispatched_at = 0");

            migrationBuilder.DropColumn(
                name: "ready_at",
                table: "jobs");

            migrationBuilder.CreateIndex(
                name: "ix_jobs_waiting",
                table: "jobs",
                columns: new[] { "queue_name", "priority", "created_at" },
                descending: new[] { false, true, false },
                filter: "completed_at is null");
        }
    }
}

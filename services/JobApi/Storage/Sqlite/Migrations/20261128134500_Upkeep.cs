using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace JobSystem.JobApi.Storage.Sqlite.Migrations
{
    /// <summary>Indexes for retention (final jobs by outcome) and the reconciler (confirmed tickets by age), and the table of exclusive duties.</summary>
    public partial class Upkeep : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropIndex(name: "ix_jobs_ended", table: "jobs");

            migrationBuilder.CreateIndex(
                name: "ix_jobs_ended",
                table: "jobs",
                columns: new[] { "outcome", "completed_at", "owner", "queue_name", "task_name", "priority" },
                filter: "completed_at is not null");

            migrationBuilder.CreateIndex(
                name: "ix_jobs_confirmed",
                table: "jobs",
                columns: new[] { "queue_name", "task_name", "priority", "dispatched_at" },
                filter: "completed_at is null and dispatched_at > 0");

            migrationBuilder.CreateTable(
                name: "duties",
                columns: table => new
                {
                    name = table.Column<string>(type: "TEXT", nullable: false),
                    holder = table.Column<string>(type: "TEXT", nullable: false),
                    held_until = table.Column<long>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_duties", x => x.name);
                });
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(name: "duties");

            migrationBuilder.DropIndex(name: "ix_jobs_confirmed", table: "jobs");

            migrationBuilder.DropIndex(name: "ix_jobs_ended", table: "jobs");

            migrationBuilder.CreateIndex(
                name: "ix_jobs_ended",
                table: "jobs",
                columns: new[] { "completed_at", "owner", "queue_name", "task_name", "priority", "outcome" },
                filter: "completed_at is not null");
        }
    }
}

using JobSystem.Scheduler.Storage;
using JobSystem.ServiceDefaults.Configuration;
using JobSystem.ServiceDefaults.Duties;
using Quartz;

namespace JobSystem.Scheduler.Firing;

/// <summary>Quartz on PostgreSQL is one cluster of all instances; without PostgreSQL it lives in memory, and the schedules table is all there is to keep.</summary>
static class QuartzRegistration
{
    const string ClusterName = "jobsystem";
    const int Threads = 4;

    /// <summary>How far ahead an instance looks for work that another one may have planned.</summary>
    static readonly TimeSpan idle = TimeSpan.FromSeconds(2);

    public static void AddFiring(this IHostApplicationBuilder builder, SchedulerOptions options)
    {
        var services = builder.Services;
        services.AddSingleton<JobApiClient>();
        services.AddSingleton<FiringPass>();
        services.AddSingleton<JobSender>();
        services.AddDuties(provider => provider.GetRequiredService<JobSender>().Duties());
        services.AddSingleton<ScheduleMigration>();
        services.AddDuty<FiringClock>();
        var url = builder.Configuration.Optional(StorageRegistration.PostgresSetting);
        services.AddQuartz(quartz =>
        {
            quartz.UseDefaultThreadPool(Threads);
            quartz.ConfigureScheduler(scheduler =>
            {
                scheduler.InstanceName = ClusterName;
                scheduler.GenerateInstanceId = true;
                scheduler.IdleWaitTime = idle;
                scheduler.ShutdownJobInterruption = ShutdownJobInterruption.WhenWaitingForJobs;
            });
            if (url is null)
            {
                quartz.UseInMemoryStore();
            }
            else
            {
                quartz.UsePersistentStore(store => Cluster(store, StorageRegistration.ConnectionString(url, builder.Environment.ApplicationName, poolSize: 8), options.Checkin));
            }
        });
    }

    static void Cluster(IPersistentStoreBuilder store, string connectionString, TimeSpan checkin)
    {
        store.UsePostgres(connectionString);
        store.UseSystemTextJsonSerializer();
        store.ConfigureStore(options =>
        {
            options.TablePrefix = "qrtz_";
            // Without this lock clusters were seen to fire twice
            options.AcquireTriggersWithinLock = true;
            options.MisfireThreshold = TimeSpan.FromSeconds(10);
            options.CommandTimeout = TimeSpan.FromSeconds(4);
        });
        store.UseClustering(cluster =>
        {
            cluster.CheckinInterval = checkin;
            cluster.CheckinMisfireThreshold = checkin;
        });
    }
}
